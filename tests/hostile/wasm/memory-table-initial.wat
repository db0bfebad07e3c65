;; tries: begin with a table of 100 million elements
;; expect: refused: it
(table $t 100000000 funcref)
