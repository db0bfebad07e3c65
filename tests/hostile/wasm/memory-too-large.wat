;; tries: begin with more than there is
;; expect: refused: it cannot be compiled: module memory
(memory (export "memory") 4)
(memory 65536 65536) (memory i64 0x1000000000000)
