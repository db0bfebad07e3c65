;; tries: have its memory forgotten over a table whose growth overflows
;; expect: memory: it needed more memory than 32 MiB
(table $t i64 1 funcref)
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (loop $l
        (drop (table.grow $t (ref.null func) (i64.const -1)))
        (br_if $l (i32.ne (memory.grow (i32.const 16)) (i32.const -1))))
    unreachable)
