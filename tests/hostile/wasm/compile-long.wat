;; tries: have a function of 100,000 instructions on the same values
;; expect: plan: {
(func $f (param i32) (result i32) (local.get 0) {{50000 × (i32.mul (local.get 0)) }})
