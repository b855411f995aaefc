from scipy import stats

from mock_server.dice import uniform


def test_the_same_key_gives_the_same_number():
    assert uniform("delay", 7, 0, 3) == uniform("delay", 7, 0, 3)


def test_parts_of_a_key_do_not_run_into_each_other():
    assert uniform(1, 23) != uniform(12, 3)


def test_numbers_are_uniform_over_keys():
    draws = [uniform("test", index) for index in range(5000)]
    assert all(0 < draw < 1 for draw in draws)
    assert stats.kstest(draws, "uniform").pvalue > 0.01
