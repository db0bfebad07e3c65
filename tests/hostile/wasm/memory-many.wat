;; tries: have 90 memories
;; expect: refused: memories
(memory (export "memory") 4) {{90 × (memory 1) }}
