;; tries: have a branch to 60,000 places
;; expect: plan: {
(func $f (param i32) (block $a (block $b (br_table {{30000 × $a $b }} $a (local.get 0)))))
