;; tries: be nothing at all
;; expect: refused: no WebAssembly
(module binary "")
