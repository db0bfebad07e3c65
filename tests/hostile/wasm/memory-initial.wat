;; tries: begin with 4 GiB
;; expect: refused: it does not start: it needed more memory
(memory (export "memory") 65536)
