;; tries: have a section that nobody knows
;; expect: refused: not valid at byte 10: malformed section id: 127
(module binary "\00asm\01\00\00\00\7f\01\00")
