;; tries: have 4 billion types in a section of six bytes
;; expect: refused: not valid at byte 10: types count exceeds limit
(module binary "\00asm\01\00\00\00\01\05\ff\ff\ff\ff\0f")
