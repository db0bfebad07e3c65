;; tries: have more globals than there may be
;; expect: refused: not valid at byte
{{1000001 × (global i32 (i32.const 1)) }}
