;; tries: be WebAssembly in text
;; expect: refused: it looks like WebAssembly in text
(module binary "(module)")
