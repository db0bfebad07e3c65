;; tries: have 100,000 globals
;; expect: plan: {
{{100000 × (global (mut i64) (i64.const 1)) }}
