;; tries: write before the beginning of its memory
;; expect: error: it trapped: it reached beyond its memory
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.store8 (i32.const -1) (i32.const 1)) (i32.const 0))
