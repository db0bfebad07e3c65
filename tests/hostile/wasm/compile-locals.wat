;; tries: have a function of 50,000 locals
;; expect: plan: {
(func $f (local {{5000 × i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 }}))
