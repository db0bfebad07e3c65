;; tries: return the level 255
;; expect: error: level: 255 is no level
(memory (export "memory") 4)
(data (i32.const 1028) "\01\ff")
(func (export "herald:policy/hooks@1.0.0#route") (param i32) (result i32)
    (i32.const 1024))
