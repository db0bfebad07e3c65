;; tries: loop when it is told to tidy up after its plan
;; expect: time
(func (export "cabi_post_herald:policy/hooks@1.0.0#route") (param i32) (loop $l (br $l)))
