;; tries: have a function of 50,001 locals
;; expect: refused: too many locals
(func $f (local {{50001 × i64 }}))
