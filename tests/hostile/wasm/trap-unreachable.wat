;; tries: trap where it must not come
;; expect: error: it trapped: it came where it must not come
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    unreachable)
