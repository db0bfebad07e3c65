;; tries: have a size that does not end
;; expect: refused: not valid at byte 13: invalid var_u32
(module binary "\00asm\01\00\00\00\01\ff\ff\ff\ff\ff\ff\ff\ff\ff")
