;; tries: take memory by a table that grows
;; expect: memory: it wanted a table of more than 65536 elements
(table $t 1 funcref)
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 1000)) (i32.const -1)))) unreachable)
