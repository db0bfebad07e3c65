;; tries: loop for ever by a table of branches
;; expect: time
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (loop $l (br_table $l $l $l (local.get 0))) (i32.const 0))
