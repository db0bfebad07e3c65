;; tries: have 2,000 tables
;; expect: refused: tables
{{2000 × (table 10 funcref) }}
