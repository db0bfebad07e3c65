;; tries: have a section of 4 GiB
;; expect: refused: not valid at byte 14: unexpected end-of-file
(module binary "\00asm\01\00\00\00\01\ff\ff\ff\ff\0f")
