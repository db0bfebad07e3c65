;; tries: have a contract that is a list of zeros
;; expect: refused: 
(module binary "\00asm\01\00\00\00\00\11\0ecomponent-type\00\00")
