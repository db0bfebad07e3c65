;; tries: have another first byte
;; expect: refused: no WebAssembly
(module binary "\01asm\01\00\00\00")
