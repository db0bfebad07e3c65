;; tries: panic when it is told to tidy up after its plan, where it may not call the host and so not say why
;; expect: error: it trapped: cannot leave component instance
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4)
(data (i32.const 1024) "panicked at src/lib.rs:7:9:\0anobody")
(func $panic (call $log (i32.const 1024) (i32.const 34)) unreachable)
(func (export "cabi_post_herald:policy/hooks@1.0.0#route") (param i32) (call $panic))
