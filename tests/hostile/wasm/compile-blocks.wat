;; tries: have 10,000 blocks in blocks
;; expect: plan: {
(func $f {{10000 × block }}{{10000 × end }})
