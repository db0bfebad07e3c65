;; tries: loop before anything is asked of it
;; expect: refused: it does not start: stopped after 200 ms, its time_limit_ms
(func $start (loop $l (br $l))) (start $start)
