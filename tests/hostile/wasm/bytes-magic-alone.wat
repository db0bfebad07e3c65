;; tries: end after the first four bytes
;; expect: refused: no WebAssembly
(module binary "\00asm")
