;; tries: panic in its start function, before what it imports is there: nobody can hear it
;; expect: refused: it does not start: it trapped: it called a function by a pointer that points to none
(import "herald:policy/host@1.0.0" "log" (func $log (param i32 i32)))
(memory (export "memory") 4)
(data (i32.const 1024) "panicked at src/lib.rs:7:9:\0anobody")
(func $panic (call $log (i32.const 1024) (i32.const 34)) unreachable)
(start $panic)
