;; tries: share memory with threads
;; expect: refused: not valid at byte
(memory (export "memory") 1 4 shared)
