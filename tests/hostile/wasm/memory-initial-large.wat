;; tries: begin with a little more than its limit
;; expect: refused: it does not start: it needed more memory than 32 MiB, its memory_limit_mib
(memory (export "memory") 513)
