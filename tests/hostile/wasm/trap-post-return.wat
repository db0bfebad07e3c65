;; tries: trap when it is told to tidy up after its plan
;; expect: error: it trapped: it came where it must not come
(func (export "cabi_post_herald:policy/hooks@1.0.0#route") (param i32) unreachable)
