;; tries: have a contract that is none
;; expect: refused: decoding custom section component-type:policy: unexpected end-of-file
(module binary "\00asm\01\00\00\00\00\16\15component-type:policy")
