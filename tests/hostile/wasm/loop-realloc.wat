;; tries: loop while the host hands over the message
;; expect: refused: it cannot validate its settings: stopped after 200 ms, its time_limit_ms
(func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (loop $l (br $l)) (i32.const 4096))
