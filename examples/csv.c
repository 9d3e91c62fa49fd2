/* Flowers told apart by their measures: a table read, split, standardised; a network trained, and its mistakes
 * counted. usage: csv [FILE.csv [TARGET]]; data/flowers/flowers.csv and its last column when none are given. */
#include <gradus/gradus.h>
#include <stdio.h>

int main(int count, char **arguments)
{
    gd_context *g = gd_open();
    gd_dataset *table = gd_dataset_csv(g, count > 1 ? arguments[1] : "data/flowers/flowers.csv",
                                       .target = count > 2 ? arguments[2] : NULL);
    gd_parts part = gd_dataset_split(table, .fraction = 0.8, .stratify = true);
    gd_moments of_train = gd_dataset_moments(part.train); /* the test set must not be looked at before the end */
    gd_dataset_standardize(part.train, of_train);
    gd_dataset_standardize(part.test, of_train);

    int64_t features = gd_dataset_features(table), classes = gd_dataset_classes(table);
    gd_layer *net = gd_sequential(g, gd_linear(g, features, 8), gd_relu_layer(g), gd_linear(g, 8, classes));
    gd_fit(net, .optimizer = gd_sgd(net, .lr = 0.1, .momentum = 0.9), .steps = 300, .evaluate_every = 100,
           .batches = gd_batches(part.train, .size = 20, .shuffle = true), .train = part.train, .test = part.test,
           .progress = stdout);

    gd_tensor *confusion = gd_confusion(gd_predict(net, part.test), gd_dataset_t(part.test), classes);
    int failed = gd_failed(g);
    if (failed)
        fprintf(stderr, "%s\n", gd_message(g));
    else {
        printf("\n");
        gd_print_confusion(confusion, gd_dataset_class_names(table), stdout);
        printf("\n");
        gd_print_report(confusion, gd_dataset_class_names(table), stdout);
    }
    gd_close(g);
    return failed;
}
