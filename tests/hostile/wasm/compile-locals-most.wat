;; tries: have a function of 50,001 locals
;; expect: refused: not valid at byte
(func $f (local {{50001 × i64 }}))
