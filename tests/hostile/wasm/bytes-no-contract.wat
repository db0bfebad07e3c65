;; tries: be a module without a contract
;; expect: refused: does not say for which contract
(module binary "\00asm\01\00\00\00")
