;; tries: have 200,000 types
;; expect: refused: it does not export `herald:policy/hooks@1.0.0`
(component {{200000 × (type (func)) }})
