;; tries: ask for the tier of a contact for ever
;; expect: host-calls
(import "herald:policy/host@1.0.0" "tier" (func $tier (param i32 i32 i32)))
(memory (export "memory") 4) (data (i32.const 2048) "contact:acme")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (loop $l (call $tier (i32.const 2048) (i32.const 12) (i32.const 1024)) (br $l)) (i32.const 0))
