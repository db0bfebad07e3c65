;; tries: have its sections in the wrong order
;; expect: refused: not valid at byte 13: section out of order
(module binary "\00asm\01\00\00\00\03\01\00\01\01\00")
