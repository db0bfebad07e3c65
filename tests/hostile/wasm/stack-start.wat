;; tries: call itself without an end in its start function
;; expect: refused: it does not start: functions call each other too deeply
(func $f (call $f) (call $f)) (start $f)
