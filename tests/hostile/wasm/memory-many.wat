;; tries: have 90 memories
;; expect: refused: defined memories count of 91 exceeds the per-instance limit of 4
(memory (export "memory") 4) {{90 × (memory 1) }}
