;; tries: share memory with threads
;; expect: refused: threads must be enabled for shared memories
(memory (export "memory") 1 4 shared)
