;; tries: have 200,000 types
;; expect: refused:
(component {{200000 × (type (func)) }})
