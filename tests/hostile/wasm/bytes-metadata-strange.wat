;; tries: have a contract that is a list of zeros
;; expect: refused: decoding custom section component-type: unexpected end-of-file
(module binary "\00asm\01\00\00\00\00\11\0ecomponent-type\00\00")
