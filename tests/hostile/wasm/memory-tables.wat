;; tries: have 2,000 tables
;; expect: refused: tables count exceeds limit of 100
{{2000 × (table 10 funcref) }}
