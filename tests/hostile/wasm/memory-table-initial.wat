;; tries: begin with a table of 100 million elements
;; expect: refused: has a minimum element size of 100000000 which exceeds the limit of 65536
(table $t 100000000 funcref)
