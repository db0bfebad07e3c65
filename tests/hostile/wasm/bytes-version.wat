;; tries: be WebAssembly of another version
;; expect: refused: no WebAssembly
(module binary "\00asm\07\00\00\00")
