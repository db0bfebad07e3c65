;; tries: begin with 4 GiB
;; expect: refused: memory has a minimum byte size of 4294967296 which exceeds the limit
(memory (export "memory") 65536)
