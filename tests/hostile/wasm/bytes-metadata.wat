;; tries: have a contract that is none
;; expect: refused: 
(module binary "\00asm\01\00\00\00\00\16\15component-type:policy")
