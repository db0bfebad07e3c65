;; tries: have more globals than there may be
;; expect: refused: globals count exceeds limit
{{1000001 × (global i32 (i32.const 1)) }}
